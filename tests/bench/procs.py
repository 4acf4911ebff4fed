"""What /proc knows of a server: time on a core, switches, memory."""
import os


def read(path):
    with open(path) as f:
        return f.read()


def tree(root):
    """The process and all that descend from it: {pid: role}."""
    parents, names = {}, {}
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(p)] = int(read(f"/proc/{p}/stat").rsplit(")", 1)[1].split()[1])
            names[int(p)] = read(f"/proc/{p}/cmdline").split("\0")
        except OSError:
            pass
    found, grown = {root: "supervisor"}, True
    while grown:
        grown = False
        for pid, parent in parents.items():
            if parent in found and pid not in found:
                args = names[pid]
                found[pid] = next((r for r in ("keeper", "front") if r in args), "child")
                grown = True
    return found


class Usage:
    """Of all threads, at one moment: {(pid, tid): (seconds, switches)}."""

    def __init__(self, pids):
        self.roles, self.threads, self.names = dict(pids), {}, {}
        for pid in pids:
            try:
                tids = os.listdir(f"/proc/{pid}/task")
            except OSError:
                continue
            for tid in tids:
                base = f"/proc/{pid}/task/{tid}/"
                try:
                    ns = int(read(base + "schedstat").split()[0])
                    self.names[pid, tid] = read(base + "comm").strip()
                    status = dict(line.split(":", 1) for line in read(base + "status").splitlines())
                except OSError:
                    continue
                switches = sum(int(status[k]) for k in ("voluntary_ctxt_switches",
                                                        "nonvoluntary_ctxt_switches"))
                self.threads[pid, tid] = ns / 1e9, switches

    def since(self, before):
        return Spent({k: tuple(a - b for a, b in zip(v, before.threads.get(k, (0, 0))))
                      for k, v in self.threads.items()}, self)


class Spent:
    def __init__(self, threads, usage):
        self.threads, self.usage = threads, usage
        self.cpu = sum(s for s, _ in threads.values())
        self.switches = sum(n for _, n in threads.values())

    def of_role(self, role):
        return sum(s for (pid, _), (s, _) in self.threads.items() if self.usage.roles[pid] == role)

    def of_thread(self, name):
        return sum(s for k, (s, _) in self.threads.items() if self.usage.names[k] == name)


class Machine:
    """Of all cores at one moment: seconds busy and stolen by other machines."""

    def __init__(self):
        ticks = os.sysconf("SC_CLK_TCK")
        user, nice, system, _, _, irq, softirq, steal = map(int, read("/proc/stat").split()[1:9])
        self.busy = (user + nice + system + irq + softirq) / ticks
        self.stolen = steal / ticks


def private_dirty(pids):
    """Bytes that these processes share with nobody and that no file has."""
    total = 0
    for pid in pids:
        for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith("Private_Dirty:"):
                total += int(line.split()[1]) * 1024
    return total
