"""How `pytest --nbval` compares pictures and reaches kernels: see the plugins."""

pytest_plugins = ["tools.nbval_pictures", "tools.nbval_sockets"]
