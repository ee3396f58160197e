#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# vm [BUILD] - memory and cpu limits, shown on a machine that can keep them: boots
# Debian's own kernel in qemu (TCG: no KVM and no rights needed) with cgroup v2 and
# nothing else, and runs the tests of games as processes in it. For machines whose
# controllers are held by cgroup v1, where those tests skip. Not part of `make test`.
# Needs qemu-system-x86 and cpio; KERNEL names a bzImage, else Debian's cloud kernel is fetched.
set -eu
cd "$(dirname "$0")/.."
build=$(cd "${1:-build}" && pwd)
tests="process_port process_crash"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

fetch_kernel() {
	package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: //p' | head -1)
	(cd "$work" && apt-get download "$package" && dpkg-deb -x "$package"_*.deb kernel) >&2
	ls "$work"/kernel/boot/vmlinuz-*
}

# A program, and the libraries that it is linked with, where it looks for them.
take() {
	mkdir -p "$root$(dirname "$2")"
	cp -L "$1" "$root$2"
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
		[ -e "$root$library" ] && continue
		mkdir -p "$root$(dirname "$library")"
		cp -L "$library" "$root$library"
	done
}

command -v qemu-system-x86_64 > /dev/null || {
	echo "vm: qemu-system-x86_64 is not here: apt-get install --no-install-recommends qemu-system-x86" >&2
	exit 1
}
kernel=${KERNEL:-$(fetch_kernel)}
for directory in proc sys dev tmp run etc; do mkdir -p "$root/$directory"; done
echo root:x:0:0:root:/root:/bin/sh > "$root/etc/passwd"
for program in sh cat dd env fold head kill ls mkdir mount rm sed seq setsid sleep stty tail touch tr tty wc yes; do
	path=$(command -v "$program" || true)
	case $path in /*) take "$path" "/bin/$program" ;; esac
done
take "$build/roost" /roost/roost
for test in $tests; do take "$build/tests/unit/test-$test" "/roost/test-$test"; done

cat > "$root/init" <<'INIT'
#!/bin/sh
export PATH=/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts && mount -t devpts pts /dev/pts
mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup /sys/fs/cgroup
echo "vm: $(cat /proc/version)"
echo "vm: controllers: $(cat /sys/fs/cgroup/cgroup.controllers)"
failed=0
for test in /roost/test-*; do
	"$test" < /dev/null 2>&1 || failed=1
done
printf 'data: /tmp/data\n' > /tmp/roost.yaml
/roost/roost doctor --config /tmp/roost.yaml 2>&1 | { while read -r line; do
	case $line in *limits*) echo "vm: doctor: $line" ;; esac; done; }
echo "vm: status $failed"
echo o > /proc/sysrq-trigger
sleep 60
INIT
chmod 755 "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) > "$work/initramfs"
nice -n 15 timeout "${WITHIN:-600}" qemu-system-x86_64 -accel tcg -cpu max -smp 2 -m 1024 -nographic \
	-no-reboot -kernel "$kernel" -initrd "$work/initramfs" \
	-append 'console=ttyS0 quiet panic=1 cgroup_no_v1=all' < /dev/null | cut -c 1-300 | tee "$work/log"
grep -q '^vm: status 0' "$work/log"
