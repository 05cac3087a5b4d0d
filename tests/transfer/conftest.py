from tiny_worm import compile_quickly

__all__ = ["compile_quickly"]
