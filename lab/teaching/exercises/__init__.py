"""The checks of the exercises that end each pattern's notebook, a module for each pattern."""
