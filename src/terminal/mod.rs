//! The screen: a model, messages that change it, and views drawn from it.
