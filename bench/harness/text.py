"""A cell's result as lines for a terminal."""


def lines(result):
    if result["kind"] == "cost":
        return "    {median:,.1f} {unit} ({least:,.1f}-{most:,.1f}): {what}".format(unit=result["unit"], what=result["what"], **result["figures"])
    return "\n".join(_line(name, arm, result["figure"]) for name, arm in result["arms"].items())


def _line(name, arm, figure):
    if not arm["figures"]:
        return f"    {name:10} FAILED: {arm['error']}"
    main, cpu = arm["figures"][figure], arm["figures"].get("cpu_us_per_operation")
    line = f"    {name:10} {main['median']:>12,.1f} {figure.replace('_per_', '/')}"
    if cpu:
        line += f"  {cpu['median']:>9.2f} µs CPU/op"
    ratios = arm.get("ratios", {})
    if ratios.get(figure):
        line += "   {median:5.2f}× ({least:.2f}-{most:.2f})".format(**ratios[figure])
    for name, short in (("cpu_us_per_operation", "CPU"), ("p50_us", "p50"), ("p99_us", "p99")):
        if ratios.get(name):
            line += f"  {short} {ratios[name]['median']:.2f}×"
    if "datapath" in arm:
        line += "  " + _proof(arm["datapath"])
    if "error" in arm:
        line += f"  FAILED: {arm['error']}"
    return line


def _proof(datapath):
    proof = f"redirected {datapath['redirected_share']:.0%}"
    if datapath["redirected_share"] >= 0.99:
        return proof
    return " ".join([proof, *(f"{reason}: {count}" for name in ("reasons", "fallbacks") for reason, count in sorted(datapath[name].items()))])
