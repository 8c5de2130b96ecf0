#!/bin/bash
# Run by dpkg after the files are in place. electron-builder fills in the names in braces.
set -e

ln -sf '/opt/${sanitizedProductName}/${executable}' '/usr/bin/${executable}'

# Chromium shuts its pages off in a user namespace of their own; where the kernel gives none to users, it needs its setuid helper.
if [ -L /proc/self/ns/user ] && unshare --user true 2>/dev/null; then
  chmod 0755 '/opt/${sanitizedProductName}/chrome-sandbox'
else
  chmod 4755 '/opt/${sanitizedProductName}/chrome-sandbox'
fi

# Ubuntu 24.04 and later give user namespaces only to programs with an AppArmor profile that says so. An older AppArmor cannot read ours, and needs none.
profile='/opt/${sanitizedProductName}/resources/apparmor-profile'
if command -v apparmor_parser >/dev/null && apparmor_parser --skip-kernel-load "$profile" >/dev/null 2>&1; then
  install -m 0644 "$profile" '/etc/apparmor.d/${executable}'
  if [ -d /sys/kernel/security/apparmor ]; then
    apparmor_parser --replace --write-cache --skip-read-cache '/etc/apparmor.d/${executable}'
  fi
fi

if command -v update-desktop-database >/dev/null; then
  update-desktop-database /usr/share/applications
fi

# The new rule holds for tablets that are plugged in already, too. There is no udev to tell in a container or a chroot.
if command -v udevadm >/dev/null && [ -S /run/udev/control ]; then
  udevadm control --reload
  udevadm trigger --subsystem-match=usb --action=add
fi
