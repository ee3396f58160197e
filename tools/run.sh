#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run BUILD - start roost with a demo server on `roost practice`, and say where to go.
# The configuration is written once, to ./roost.yaml, and is yours from then on.
set -eu
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build}")
if [ ! -f roost.yaml ]; then
	cat > roost.yaml <<YAML
# The settings of this roost: \`$build/roost help settings\` explains each one.
data: ./data
http:
  listen: 127.0.0.1:8080
gate:
  listen: ["[::]:25565"]
servers:
  - name: demo                    # a stand-in to try things with; it is not a game
    game: minecraft-java
    hosts: ["*"]
    local:
      command: ["$build/roost", practice, --boot, 20s]
      directory: ./demo
    address: 127.0.0.1:25570
    stop: { console: stop, within: 20s }
    motd: "A practice server: join to wake it"
    policy: { idle_after: 5m, grace: 1m }
YAML
	mkdir -p demo
	echo "roost: wrote roost.yaml, with a demo server to try"
fi
exec "$build/roost" serve --config roost.yaml --welcome
