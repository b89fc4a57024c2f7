"""CPU of looking at one model again in an open project: ``python -m benchmarks.keystrokes FOLDER``.

Types into random models, and prints milliseconds as JSON.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import time
from pathlib import Path

from streamsql.project import read_files
from streamsql.recheck import OpenProject, open_project, recheck

KEYSTROKES = 400


def measure(folder: Path) -> dict[str, float]:
    """Open the project of a folder and type into it."""
    files = read_files(folder, profiles_dir=None, vars={}, env=os.environ)
    opened = open_project(files, installed_spark="4.1.1")
    chance = random.Random(5)
    paths = [model.path for model in opened.compilation.project.models]
    recheck(opened, paths[0], files.texts[paths[0]])
    gc.collect()
    gc.freeze()  # as an editor's server does once a project is open
    gc.disable()
    taken = sorted(_keystroke(opened, chance.choice(paths), chance) for _ in range(KEYSTROKES))
    return {
        "median": round(taken[KEYSTROKES // 2], 2),
        "p95": round(taken[KEYSTROKES * 95 // 100], 2),
        "least": round(taken[0], 2),
        "greatest": round(taken[-1], 2),
        "n": KEYSTROKES,
    }


def _keystroke(opened: OpenProject, path: str, chance: random.Random) -> float:
    text = opened.files.texts[path]
    if chance.random() < 0.6:  # the others leave the text as it is
        place = chance.randrange(text.index("SELECT"), len(text))
        text = text[:place] + chance.choice([" ", "x", ",", "(", "'"]) + text[place:]
    began = time.process_time()
    recheck(opened, path, text)
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
