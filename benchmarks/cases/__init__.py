"""Our side of each comparison, one case a file; a file names its peers."""
