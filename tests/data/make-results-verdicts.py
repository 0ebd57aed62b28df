# SPDX-License-Identifier: GPL-2.0-or-later
# Writes results-verdicts.jsonl, once: python3 make-results-verdicts.py >results-verdicts.jsonl
import json, random

random.seed(20260102)
HOST = {"name": "lab", "kernel": "6.18.44", "cpu_model": "AMD EPYC 7B13", "cpus": 4}
ARMS = [  # name, boot group, speed, run delay, switches
    ("guest", 0, 1.0, 0.31, 4100),
    ("guest policy=fifo:1", 0, 1.08, 0.012, 900),
    ("guest policy=batch", 0, 0.999, 0.31, 4100),
    ("guest policy=idle", 0, 0.7, 0.9, 9000),
    ("guest virtio=tuned", 1, 1.14, 0.30, 4000),
    ("guest (A/A)", 0, 1.0, 0.31, 4100),
]
for repeat in range(10):
    block = repeat  # a boot a repeat: enough for four arms and for the control
    for at, (arm, group, speed, delay, switches) in enumerate(ARMS):
        for workload in ("cpu", "randread"):
            def near(value, cv):
                return float("%.6g" % (value * random.lognormvariate(0, cv)))
            drift = 1.04 if workload == "randread" and "A/A" in arm else 1
            line = {"schema": "qlaunch.result/1", "arm": arm, "workload": workload, "block": block,
                    "repeat": repeat, "seed": 7, "started": "t%d.%d.%s" % (repeat, at, workload),
                    "baseline": "guest", "arm_order": at, "boot_group": group}
            if "A/A" in arm:
                line["control_of"] = "guest"
            figure = "cpu_events_per_s" if workload == "cpu" else "io_read_iops"
            far = 0.6 if arm == "guest policy=batch" and repeat in (3, 7) else 1
            line["primary"] = figure
            line["host"] = HOST
            line["figures"] = {
                figure: {"value": near(1000 * speed * drift * far, 0.01), "unit": "1/s", "better": "higher"},
                "run_delay_s": {"value": near(delay, 0.1), "unit": "s", "better": "lower"},
                "context_switches_per_op": {"value": round(near(switches, 0.05)), "unit": "1/op", "better": "lower"},
                "cpu_time_s": {"value": near(4.9, 0.001), "unit": "s", "better": "none"},
            }
            print(json.dumps(line, separators=(",", ":")))
