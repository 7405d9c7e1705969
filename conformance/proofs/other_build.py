"""The node plugin with other BPF programs in it: the same code, but another object, as a newer version would bring."""

import shutil
import subprocess
import zipfile
from pathlib import Path

from shuntdev.console import ROOT, Failure

_BUILT = ROOT / "node-plugin" / "target"


def other_build(folder):
    """Returns its jar, beside which is the folder with what it needs."""
    home = folder / "other-build"
    shutil.rmtree(home, ignore_errors=True)
    (home / "lib").mkdir(parents=True)
    shutil.copy(_BUILT / "shunt-node.jar", home)
    changed = 0
    for jar in (_BUILT / "lib").iterdir():
        if jar.name.startswith("shunt-bpf-"):
            _change(jar, home / "lib" / jar.name, folder)
            changed += 1
        else:
            (home / "lib" / jar.name).symlink_to(jar)
    if changed != 1:
        raise Failure(f"expected one jar with the BPF programs in {_BUILT / 'lib'}, found {changed}", "Run: make build")
    return home / "shunt-node.jar"


def _change(jar, copy, folder):
    with zipfile.ZipFile(jar) as old, zipfile.ZipFile(copy, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry, _with_a_mark(content, folder) if Path(entry.filename).name == "shunt.bpf.o" else content)


def _with_a_mark(content, folder):
    """An ELF section that no loader looks at makes it another object."""
    elf, mark = folder / "other.bpf.o", folder / "mark"
    elf.write_bytes(content)
    mark.write_text("another build")
    subprocess.run(["llvm-objcopy", "--add-section", f".mark={mark}", elf], check=True)
    return elf.read_bytes()
