"""The page imports the pocket world, so the pocket world must not load torch."""

import subprocess
import sys


def test_importing_the_pocket_world_loads_no_torch():
    heavy = "('torch', 'numpy', 'transformers')"
    code = f"import sys, playground.pocket; sys.exit(any(m.split('.')[0] in {heavy} for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    guilty = code.replace("import sys, playground.pocket", "import sys, numpy, playground.pocket")
    assert subprocess.run([sys.executable, "-c", guilty], check=False).returncode == 1
