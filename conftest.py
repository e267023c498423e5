"""How `pytest --nbval` compares pictures: see the plugin."""

pytest_plugins = ["tools.nbval_pictures"]
