"""Tables: on standard output and in a file."""
import platform
import subprocess
import time


class Report:
    def __init__(self, path):
        self.file, self.figures = open(path, "w"), []

    def line(self, text=""):
        print(text, flush=True)
        print(text, file=self.file, flush=True)

    def machine(self, *packages):
        with open("/proc/cpuinfo") as f:
            models = [line.split(": ")[1].strip() for line in f if line.startswith("model name")]
        self.line(time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()) +
                  f", {len(models) or '?'} x {models[0] if models else platform.machine()}, "
                  f"Linux {platform.release()}")
        said = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}, ", "libssl3", "liblmdb0",
                               "libevent-2.1-7", "libcurl4", "libjansson4", *packages], capture_output=True, text=True)
        self.line(said.stdout.rstrip(", "))

    def table(self, title, heads, columns):
        """Columns are lists of (row's name, text); rows appear as they come."""
        names = list(dict.fromkeys(name for c in columns for name, _ in c))
        cells = [dict(c) for c in columns]
        widths = [max(len(h), *(len(c.get(n, "-")) for n in names)) for h, c in zip(heads, cells)]
        left = max(len(title), *map(len, names))
        self.line()
        self.line(f"{title:{left}}  " + "  ".join(f"{h:>{w}}" for h, w in zip(heads, widths)))
        for n in names:
            self.line(f"{n:{left}}  " + "  ".join(f"{c.get(n, '-'):>{w}}" for c, w in zip(cells, widths)))

    def figure(self, name, value, must, aim, least=False):
        """One of those that were promised; `least`: not below, else not above."""
        self.figures.append((name, value, must, aim, least))

    def figures_table(self):
        if not self.figures:
            return
        self.line()
        left = max(len(n) for n, *_ in self.figures)
        self.line(f"{'figure':{left}}  {'must':>8} {'aim':>8} {'measured':>9}  ok")
        for name, value, must, aim, least in self.figures:
            sign = ">=" if least else "<="

            def meets(bound):
                return value >= bound if least else value <= bound
            ok = "aim" if meets(aim) else "yes" if meets(must) else "NO"
            self.line(f"{name:{left}}  {sign}{must:>6g} {sign}{aim:>6g} {value:9.2f}  {ok}")
