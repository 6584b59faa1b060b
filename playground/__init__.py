"""Alignment Playground: see, do and measure how a base language model becomes an aligned one."""
