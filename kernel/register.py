"""Registers the kernel for the environment in `.venv` alone: JupyterLab there finds it under the name `rust`."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main():
    program, environment = sys.argv[1], Path(sys.argv[2]).resolve()
    # evcxr writes its logo and what else belongs to a kernel.
    jupyter = environment / "share" / "jupyter"
    subprocess.run([program, "--install"], check=True, stdout=subprocess.DEVNULL, env=os.environ | {"JUPYTER_PATH": str(jupyter)})
    spec = jupyter / "kernels" / "rust" / "kernel.json"
    # Only the standard library is needed, and without the rest of the environment Python starts three times as fast.
    python = [str(environment / "bin" / "python"), "-E", "-s", "-S"]
    kernel = json.loads(spec.read_text()) | {"argv": [*python, str(HERE / "launch.py"), program, "{connection_file}"]}
    spec.write_text(json.dumps(kernel, indent=2))


if __name__ == "__main__":
    main()
