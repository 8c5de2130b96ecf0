#!/bin/bash
# Run by dpkg after the files are gone. The store in the user's home stays. electron-builder fills in the names in braces.
set -e

# An upgrade runs this with the new version in place already.
[ "$1" = remove ] || [ "$1" = purge ] || exit 0

rm -f '/usr/bin/${executable}'
if [ -f '/etc/apparmor.d/${executable}' ]; then
  if command -v apparmor_parser >/dev/null && [ -d /sys/kernel/security/apparmor ]; then
    apparmor_parser --remove '/etc/apparmor.d/${executable}' || true
  fi
  rm -f '/etc/apparmor.d/${executable}'
fi
if command -v udevadm >/dev/null && [ -S /run/udev/control ]; then
  udevadm control --reload
fi
