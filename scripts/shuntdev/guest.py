"""A machine of its own for one kernel: QEMU with this machine's files, which it may read, and memory above them for what it writes."""

import lzma
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from .console import Failure

_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
_BUSYBOX = Path("/bin/busybox")
_MEGABYTES = 3072

# In the initramfs: this machine's root, read by the host's QEMU (9p), below a file system in memory.
_INIT = """\
#!/busybox sh
export PATH=/
/busybox --install -s /
mkdir -p /proc /dev /lower /above /root
mount -t proc proc /proc
mount -t devtmpfs dev /dev
for module in $(cat /modules); do insmod "/$module"; done
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro root /lower || poweroff -f
mount -t tmpfs -o mode=755 above /above
mkdir /above/upper /above/scratch
mount -t overlay -o lowerdir=/lower,upperdir=/above/upper,workdir=/above/scratch root /root || poweroff -f
umount /proc /dev
exec switch_root /root /bin/bash "{inside}"
"""

# With that root: what an init does, as far as the tests need it; then the commands, and off.
_INSIDE = """\
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 SHUNT_ROOT={root}
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup /sys/fs/cgroup
echo "+memory +cpu +pids" >/sys/fs/cgroup/cgroup.subtree_control
mkdir -p /run/results "/usr/lib/modules/$(uname -r)"
mount --bind {modules} "/usr/lib/modules/$(uname -r)"
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 results /run/results
ip link set lo up
cd {root}
{commands}
dmesg >/run/results/dmesg.log
sync
echo o >/proc/sysrq-trigger
sleep 60
"""

_COMMAND = """\
echo "running {name}"
timeout {seconds} {argv} >/run/results/{name}.log 2>&1 </dev/null
echo $? >/run/results/{name}.code
"""


def accelerator():
    """KVM where the CPU has it: some virtual machines have its device, but no more."""
    flags = re.search(r"^flags.*\b(vmx|svm)\b", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return "kvm" if flags and os.access("/dev/kvm", os.R_OK | os.W_OK) else "tcg"


class Guest:
    def __init__(self, emulator, kernel, results, root):
        self._emulator = emulator
        self.kernel = kernel
        self.results = Path(results)
        self._root = root

    def run(self, commands, seconds):
        """Boots, runs (name, argv, seconds) one after the other, and ends. Returns {name: exit code or None} of those that were begun or not."""
        shutil.rmtree(self.results, ignore_errors=True)
        self.results.mkdir(parents=True)
        inside = self.results / "inside"
        text = "".join(_COMMAND.format(name=name, seconds=limit, argv=shlex.join(map(str, argv))) for name, argv, limit in commands)
        inside.write_text(_INSIDE.format(root=shlex.quote(str(self._root)), modules=shlex.quote(str(self.kernel.modules)), commands=text))
        initramfs = self.results / "initramfs"
        self._make_initramfs(initramfs, inside)
        console = self.results / "console.log"
        with open(console, "wb") as out:
            qemu = subprocess.Popen(self._qemu(initramfs), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                qemu.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
            finally:
                if qemu.poll() is None:
                    qemu.kill()
                qemu.wait()
        initramfs.unlink()
        if not (self.results / f"{commands[0][0]}.log").exists():
            raise Failure(f"Linux {self.kernel.release} did not get as far as its first command", log=console)
        return {name: self._code(name) for name, _, _ in commands}

    def _code(self, name):
        try:
            return int((self.results / f"{name}.code").read_text())
        except (OSError, ValueError):
            return None

    def _qemu(self, initramfs):
        kvm = accelerator() == "kvm"
        return [
            *("nice", "-n", "10", *self._emulator, "-accel", "kvm" if kvm else "tcg,tb-size=512"),
            *("-cpu", "host" if kvm else "Nehalem"),  # what an old one lacks is what takes long to interpret
            *("-m", str(_MEGABYTES), "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio"),
            *("-kernel", self.kernel.image, "-initrd", initramfs, "-append", "console=ttyS0 quiet panic=-1 mitigations=off"),
            *("-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap", "-device", "virtio-9p-pci,fsdev=root,mount_tag=root"),
            *("-fsdev", f"local,id=results,path={self.results},security_model=none", "-device", "virtio-9p-pci,fsdev=results,mount_tag=results"),
            *("-device", "virtio-rng-pci"),
        ]

    def _make_initramfs(self, target, inside):
        folder = self.results / "initramfs.d"
        folder.mkdir()
        shutil.copy(_BUSYBOX, folder / "busybox")
        names = []
        for file in self._module_files():
            name = f"{len(names)}-{file.name.removesuffix('.xz')}"
            data = file.read_bytes()
            (folder / name).write_bytes(lzma.decompress(data) if file.suffix == ".xz" else data)
            names.append(name)
        (folder / "modules").write_text("\n".join(names))
        init = folder / "init"
        init.write_text(_INIT.format(inside=inside))
        init.chmod(0o755)
        with open(target, "wb") as out:
            listed = "\0".join(sorted(file.name for file in folder.iterdir()))
            made = subprocess.run([str(_BUSYBOX), "cpio", "-o", "-0", "-H", "newc"], input=listed.encode(), stdout=out, stderr=subprocess.PIPE, cwd=folder)
        if made.returncode:
            raise Failure(f"busybox cpio ended with {made.returncode}: {made.stderr.decode()[-300:]}")
        shutil.rmtree(folder)

    def _module_files(self):
        """Those that the guest's root needs and what they need, in the order in which they are loaded; what is built in has none."""
        needs = {}
        for line in (self.kernel.modules / "modules.dep").read_text().splitlines():
            file, _, others = line.partition(": ")
            needs[file.rstrip(":")] = others.split()
        files = []
        for module in _MODULES:
            for file in needs:
                if re.fullmatch(re.escape(module) + r"\.ko(\.xz)?", Path(file).name):
                    files += [*reversed(needs[file]), file]
        return [self.kernel.modules / file for file in dict.fromkeys(files)]
