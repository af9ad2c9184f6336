#!/bin/sh
# Makes a Debian package of the program, its manual and the service: packaging/deb.sh [BINARY [FOLDER]]
# BINARY is target/release/switchboard, which is built when it is not named; FOLDER, for the package, is target/debian.
# The same binary and the same source make the same package, to the byte. Needs dpkg-dev, and as it is, no root.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

die() {
    printf 'deb.sh: %s\n' "$*" >&2
    exit 1
}

for tool in dpkg-deb dpkg-shlibdeps dpkg-architecture strip gzip; do
    command -v "$tool" >/dev/null || die "$tool is missing: apt install dpkg-dev binutils"
done

binary=${1:-}
if [ -z "$binary" ]; then
    cargo build --locked --release --manifest-path "$root/Cargo.toml"
    binary=${CARGO_TARGET_DIR:-$root/target}/release/switchboard
fi
folder=${2:-${CARGO_TARGET_DIR:-$root/target}/debian}
[ -x "$binary" ] || die "$binary is no program"
mkdir -p "$folder"

# Times in the package: those of the last change, as others may ask for by this variable.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct 2>/dev/null) || SOURCE_DATE_EPOCH=0
fi
export SOURCE_DATE_EPOCH

version=$("$binary" --version | cut -d' ' -f2)
architecture=$(dpkg-architecture -q DEB_HOST_ARCH)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
umask 022

put() { # put MODE FILE PLACE: a file of the source, or one made here
    install -D -m "$1" "$2" "$tree/$3"
}

# ---- the program, and what it says of itself ----------------------------------------------------------------------

put 755 "$binary" usr/bin/switchboard
strip --strip-unneeded "$tree/usr/bin/switchboard"
export HOME="$work"
"$binary" man --all "$tree/usr/share/man/man1" --quiet
gzip -9n "$tree"/usr/share/man/man1/*.1
for shell in bash zsh fish; do
    "$binary" completions "$shell" >"$work/$shell"
done
put 644 "$work/bash" usr/share/bash-completion/completions/switchboard
put 644 "$work/zsh" usr/share/zsh/vendor-completions/_switchboard
put 644 "$work/fish" usr/share/fish/vendor_completions.d/switchboard.fish

# ---- the service ---------------------------------------------------------------------------------------------------

put 644 "$root/packaging/switchboard.service" lib/systemd/system/switchboard.service
put 644 "$root/packaging/switchboard.sysusers" usr/lib/sysusers.d/switchboard.conf
put 644 "$root/packaging/config.toml" etc/switchboard/config.toml

# ---- to read -------------------------------------------------------------------------------------------------------

about=usr/share/doc/switchboard
put 644 "$root/README.md" $about/README.md
for page in install-debian operating demo-over-the-internet identity acs-sdk; do
    put 644 "$root/docs/$page.md" "$about/$page.md"
done
put 644 "$root/config.example.toml" $about/examples/config.example.toml
put 644 "$root/packaging/low-ports.conf" $about/examples/low-ports.conf
cat >"$work/copyright" <<TEXT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: switchboard

Files: *
Copyright: the authors of Switchboard
License: MIT or Apache-2.0
 Both are in the source as LICENSE-MIT and LICENSE-APACHE.
 On Debian systems the text of the second is in /usr/share/common-licenses/Apache-2.0; the first reads:
 .
$(sed -e 's/^$/./' -e 's/^/ /' "$root/LICENSE-MIT")
TEXT
put 644 "$work/copyright" $about/copyright
{
    printf 'switchboard (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md of the source.\n\n' "$version"
    printf ' -- Switchboard <switchboard@localhost>  %s\n' "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >"$work/changelog.gz"
put 644 "$work/changelog.gz" $about/changelog.gz

# ---- the package ---------------------------------------------------------------------------------------------------

# Which libraries of which version, as the tool of Debian itself finds out; it wants a file to be there.
mkdir -p "$work/debian"
printf 'Source: switchboard\n\nPackage: switchboard\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info "$tree/usr/bin/switchboard" 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || die "the libraries of $binary are not known: is it built for this Debian?"

mkdir "$tree/DEBIAN"
cat >"$tree/DEBIAN/control" <<TEXT
Package: switchboard
Version: $version
Architecture: $architecture
Maintainer: Switchboard <switchboard@localhost>
Installed-Size: $(du -k -s --apparent-size "$tree" | cut -f1)
Depends: $depends, passwd
Recommends: ca-certificates, systemd
Section: comm
Priority: optional
Description: softphone that lives in the terminal, and its calling service
 A softphone for calls, groups and a whole desk of calls, all from the keyboard, also without a screen for scripts;
 and the service behind it: accounts, signalling, and the sound of calls between people and of group calls. Programs
 written with the identity SDKs of Azure Communication Services find the service they expect.
 .
 The service is installed, but neither enabled nor started.
TEXT
printf '/etc/switchboard/config.toml\n' >"$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do
    put 755 "$root/packaging/$script" "DEBIAN/$script"
done
(cd "$tree" && find lib usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
chmod 644 "$tree/DEBIAN/control" "$tree/DEBIAN/conffiles" "$tree/DEBIAN/md5sums"

package=$folder/switchboard_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$tree" "$package" >/dev/null
printf '%s\n' "$package"
