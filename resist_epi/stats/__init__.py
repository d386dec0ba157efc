"""Statistical kernels on plain arrays: no files, no tables of samples."""
