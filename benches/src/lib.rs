//! The benchmark suite of the workspace.
