//! The seam of daffi: the private extension module `daffi._daffi` behind the Python package.

mod codec;
mod memory;

use pyo3::prelude::*;

#[pymodule]
fn _daffi(module: &Bound<'_, PyModule>) -> PyResult<()> {
    codec::add_probe(module)
}
