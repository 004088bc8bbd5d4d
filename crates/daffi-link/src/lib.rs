//! daffi-link.
