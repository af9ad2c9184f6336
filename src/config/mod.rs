//! Settings: defaults, file, environment and arguments merged into typed sections.
