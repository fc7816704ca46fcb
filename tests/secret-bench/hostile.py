#!/usr/bin/env python3
"""Writes three files that cost a careless scanner its memory or its time: hostile.py FOLDER

bomb.zip     a zip of 16 zips, each with 64 MiB of zeros sixteen times: 16 GiB from less than 20 MiB
line.txt     1 GiB without a line's end, and a token in its middle
base64.txt   text encoded 40 times in base64, as long as that stays below 64 MiB
"""

import base64
import io
import pathlib
import random
import sys
import zipfile

from history import token

ROUNDS = 40
LARGEST = 64 << 20


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(16):
            archive.writestr(f"zeros-{number}.txt", bytes(64 << 20))
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(16):
            archive.writestr(f"{number}.zip", inner.getvalue())
    piece = b"All work and no play makes a dull line. " * 26214
    with (folder / "line.txt").open("wb") as out:
        for number in range(1024):
            out.write(piece[: 1 << 20])
            if number == 512:
                out.write(b' key="' + token(random.Random(1)).encode() + b'" ')
    text = b"some plain text that is encoded again and again " * 4
    for _ in range(ROUNDS):
        encoded = base64.b64encode(text)
        if len(encoded) > LARGEST:
            break
        text = encoded
    (folder / "base64.txt").write_bytes(text)


if __name__ == "__main__":
    main()
