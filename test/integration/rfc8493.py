"""Checks a bag by the text of RFC 8493 alone, with nothing of this project and nothing but Python's standard library.

    python3 rfc8493.py BAG        prints what is wrong, a line for each; exit code 1 where anything is

Complete and valid in the words of section 3: the declaration, the payload manifests, tag manifests, bag-info.txt.
"""

import hashlib
import os
import re
import sys


def lines_of(path, encoding):
    with open(path, "rb") as file:
        data = file.read()
    if data.startswith(b"\xef\xbb\xbf"):
        raise ValueError("begins with a byte-order mark")
    return [line for line in re.split("\r\n|\r|\n", data.decode(encoding)) if line != ""]


def digest(path, algorithm):
    found = hashlib.new(algorithm)
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def decoded(path):
    """Section 2.1.3: LF, CR and % stand as %0A, %0D and %25, and nothing else is encoded."""
    return re.sub("%(0A|0D|25)", lambda one: chr(int(one[1], 16)), path, flags=re.I)


def files_below(folder, top):
    found = {}
    for where, folders, names in os.walk(os.path.join(folder, top)):
        for name in names + [one for one in folders if os.path.islink(os.path.join(where, one))]:
            path = os.path.join(where, name)
            if os.path.islink(path):
                raise ValueError(f"{path} is a link")
            found[os.path.relpath(path, folder).replace(os.sep, "/")] = os.path.getsize(path)
    return found


def manifest(bag, name, encoding, algorithm, wrong):
    listed = {}
    for line in lines_of(os.path.join(bag, name), encoding):
        parts = re.fullmatch(r"([0-9A-Fa-f]+)[ \t]+\*?(.+)", line)
        if parts is None:
            wrong.append(f"{name}: not a line of a manifest: {line!r}")
            continue
        path = decoded(parts[2])
        if path in listed:
            wrong.append(f"{name}: {path} stands twice")
        if path.startswith(("/", "~")) or ".." in path.split("/"):
            wrong.append(f"{name}: {path} leaves the bag")
            continue
        listed[path] = parts[1].lower()
        if not os.path.isfile(os.path.join(bag, path)):
            wrong.append(f"{name}: {path} is not there")
        elif digest(os.path.join(bag, path), algorithm) != listed[path]:
            wrong.append(f"{name}: {path} is not what was listed")
    return listed


def check(bag):
    wrong = []
    declaration = lines_of(os.path.join(bag, "bagit.txt"), "utf-8")
    if len(declaration) != 2 or declaration[0] != "BagIt-Version: 1.0":
        wrong.append(f"bagit.txt: {declaration}")
    encoding = re.fullmatch("Tag-File-Character-Encoding: (.+)", declaration[-1])
    if encoding is None:
        return wrong + ["bagit.txt: no encoding"]
    encoding = encoding[1]

    payload = files_below(bag, "data")
    if not os.path.isdir(os.path.join(bag, "data")):
        wrong.append("no payload folder")
    manifests = 0
    for name in sorted(os.listdir(bag)):
        of = re.fullmatch(r"(tag)?manifest-([a-z0-9]+)\.txt", name)
        if of is None:
            continue
        listed = manifest(bag, name, encoding, of[2], wrong)
        if of[1] is not None:
            wrong += [f"{name}: lists {path}" for path in listed if path.startswith(("data/", "tagmanifest-"))]
            continue
        manifests += 1
        wrong += [f"{name}: {path} is not payload" for path in listed if not path.startswith("data/")]
        wrong += [f"{name}: {path} is not listed" for path in payload if path not in listed]
    if manifests == 0:
        wrong.append("no payload manifest")

    info = os.path.join(bag, "bag-info.txt")
    if os.path.exists(info):
        for line in lines_of(info, encoding):
            label = re.fullmatch(r"([^:\s][^:]*?):[ \t]*(.*)", line)
            if label is None and not line.startswith((" ", "\t")):
                wrong.append(f"bag-info.txt: {line!r}")
            if label is not None and label[1] == "Payload-Oxum":
                oxum = f"{sum(payload.values())}.{len(payload)}"
                if label[2] != oxum:
                    wrong.append(f"bag-info.txt: Payload-Oxum is {oxum}, not {label[2]}")
    if os.path.exists(os.path.join(bag, "fetch.txt")):
        wrong.append("fetch.txt: not complete")
    return wrong


if __name__ == "__main__":
    found = check(sys.argv[1])
    print("\n".join(found))
    sys.exit(1 if found else 0)
