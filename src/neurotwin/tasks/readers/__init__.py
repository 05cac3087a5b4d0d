"""Readers of public file formats: a path becomes ``TaskData``, and what is wrong with a file is said."""
