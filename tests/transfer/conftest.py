from tiny_worm import biology, blueprint, compile_quickly, config, recordings, split, tiny_fit

__all__ = ["biology", "blueprint", "compile_quickly", "config", "recordings", "split", "tiny_fit"]
