//! daffi-py.
