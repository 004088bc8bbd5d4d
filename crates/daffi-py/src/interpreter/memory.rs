//! Memory shared with Python objects, off the interpreter lock: what large values are sent from and land in.
//! The only module of this crate with `unsafe`: docs/decisions has the page that says why it is here.
#![expect(
    unsafe_code,
    reason = "memory of Python objects is read and filled while other threads run Python"
)]

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use daffi::{Allocator, BlobKind, Landing, OutOfMemory, SharedBytes};
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::{PyBufferError, PyMemoryError, PyTypeError};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};

/// Gives incoming large values the memory of new `bytes` and `bytearray` objects, so that nothing is copied later.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PythonAllocator;

impl Allocator for PythonAllocator {
    fn allocate(&self, kind: BlobKind, length: usize) -> Result<Box<dyn Landing>, OutOfMemory> {
        // Not `attach`: an interpreter that is shutting down has no memory to give, and must not be waited for.
        Python::try_attach(|py| PythonLanding::new(py, kind, length).ok())
            .flatten()
            .map(|landing| Box::new(landing) as Box<dyn Landing>)
            .ok_or(OutOfMemory(length))
    }

    /// Plain memory: the house-keeper must not wait for an interpreter that is busy.
    fn allocate_at_once(
        &self,
        kind: BlobKind,
        length: usize,
    ) -> Result<Box<dyn Landing>, OutOfMemory> {
        let mut bytes = Vec::new();
        let reserved = bytes.try_reserve_exact(length);
        reserved.map_err(|_| OutOfMemory(length))?;
        bytes.resize(length, 0);
        Ok(Box::new(PlainLanding { kind, bytes }))
    }
}

/// A large value that came in without the interpreter lock; it is copied into its object when it is decoded.
pub(crate) struct PlainLanding {
    kind: BlobKind,
    bytes: Vec<u8>,
}

impl PlainLanding {
    /// The object that the value is.
    pub(crate) fn into_object(self, py: Python<'_>) -> Bound<'_, PyAny> {
        match self.kind {
            BlobKind::Fixed | BlobKind::Payload => PyBytes::new(py, &self.bytes).into_any(),
            BlobKind::Writable => PyByteArray::new(py, &self.bytes).into_any(),
        }
    }
}

impl Landing for PlainLanding {
    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn kind(&self) -> BlobKind {
        self.kind
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// A new Python object that is filled before any Python code sees it.
pub(crate) struct PythonLanding {
    object: Landed,
    start: NonNull<u8>,
    length: usize,
}

/// What a [`PythonLanding`] becomes.
#[derive(Debug)]
pub(crate) enum Landed {
    /// A value that nobody may change.
    Bytes(Py<PyBytes>),
    /// A value that its receiver may change.
    ByteArray(Py<PyByteArray>),
}

/// From so many bytes on a landing asks for huge pages. 4 MiB: below, hardly a whole one lies inside. Fresh memory of
/// 16 MiB costs 4,096 page faults otherwise, which take twice as long as receiving it.
const HUGE_FROM: usize = 4 << 20;
const HUGE_PAGE: usize = 2 << 20;

/// Asks the kernel for huge pages where whole ones lie inside new memory; it may decline.
fn ask_for_huge_pages(start: NonNull<u8>, length: usize) {
    let skip = start.as_ptr().align_offset(HUGE_PAGE);
    let Some(whole) = length
        .checked_sub(skip)
        .map(|left| left / HUGE_PAGE * HUGE_PAGE)
    else {
        return;
    };
    // SAFETY: the range lies inside memory that the caller owns. The advice changes how the kernel backs it, never
    // what it holds.
    let _ = unsafe {
        let inside = start.as_ptr().add(skip);
        rustix::mm::madvise(inside.cast(), whole, rustix::mm::Advice::LinuxHugepage)
    };
}

impl PythonLanding {
    /// An object of this length, its bytes not yet set.
    pub(crate) fn new(py: Python<'_>, kind: BlobKind, length: usize) -> PyResult<Self> {
        let size = ffi::Py_ssize_t::try_from(length)?;
        // SAFETY: called attached. A null source asks for an object of this size with unset content; a failure is
        // null with the error set, which `from_owned_ptr_or_err` takes; the new reference is ours alone. The two
        // pointer functions give the object's own memory, which is `length` bytes and lives as long as the object:
        // `bytes` never moves, and a `bytearray` moves only when resized, which takes a reference nobody else has.
        let (object, start) = unsafe {
            match kind {
                // Links keep long payloads to themselves; whoever asks all the same gets plain bytes.
                BlobKind::Fixed | BlobKind::Payload => {
                    let raw = ffi::PyBytes_FromStringAndSize(std::ptr::null(), size);
                    let object = Bound::from_owned_ptr_or_err(py, raw)?.cast_into::<PyBytes>()?;
                    (Landed::Bytes(object.unbind()), ffi::PyBytes_AsString(raw))
                }
                BlobKind::Writable => {
                    let raw = ffi::PyByteArray_FromStringAndSize(std::ptr::null(), size);
                    let object =
                        Bound::from_owned_ptr_or_err(py, raw)?.cast_into::<PyByteArray>()?;
                    (
                        Landed::ByteArray(object.unbind()),
                        ffi::PyByteArray_AsString(raw),
                    )
                }
            }
        };
        let start = NonNull::new(start.cast::<u8>())
            .ok_or_else(|| PyBufferError::new_err("a new object has no memory"))?;
        if length >= HUGE_FROM {
            ask_for_huge_pages(start, length);
        }
        Ok(Self {
            object,
            start,
            length,
        })
    }

    /// The object, to be shown to Python from now on.
    pub(crate) fn into_object(self) -> Landed {
        self.object
    }
}

// SAFETY: the pointer is into memory that this landing alone can reach; the reference to the object may be dropped on
// any thread (PyO3 puts the decrement off until a thread is attached).
unsafe impl Send for PythonLanding {}

impl Landing for PythonLanding {
    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: `start` is `length` bytes of the object held by `self`, reachable through `self` alone. They come
        // from the interpreter's allocator, so they have some value, whatever it is, and any value is a valid `u8`.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: as in `bytes_mut`; no `&mut` exists while `self` is borrowed.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    fn kind(&self) -> BlobKind {
        match self.object {
            Landed::Bytes(_) => BlobKind::Fixed,
            Landed::ByteArray(_) => BlobKind::Writable,
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl fmt::Debug for PythonLanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PythonLanding({} bytes)", self.length)
    }
}

/// The frame of the running Python code, and its code; none where none runs.
pub(crate) fn running_frame(py: Python<'_>) -> Option<(Bound<'_, PyAny>, Bound<'_, PyAny>)> {
    // SAFETY: the thread is attached. The frame is borrowed and, where there is one, stays as long as its code runs, which
    // called this; the reference to the code is new, and no frame is without code.
    unsafe {
        let frame = NonNull::new(ffi::PyEval_GetFrame())?;
        let code = ffi::PyFrame_GetCode(frame.as_ptr());
        Some((
            Bound::from_borrowed_ptr(py, frame.as_ptr().cast()),
            Bound::from_owned_ptr(py, code.cast()),
        ))
    }
}

/// At which instruction of its code a frame is.
///
/// # Errors
/// A Python error where the interpreter keeps that in some other way.
pub(crate) fn instruction<'py>(frame: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    /// The attribute as the class of frames has it: to look it up anew costs three times what it costs itself.
    static LASTI: PyOnceLock<(Py<PyAny>, ffi::descrgetfunc)> = PyOnceLock::new();
    let py = frame.py();
    let (attribute, get) = LASTI.get_or_try_init(py, || {
        let attribute = frame.get_type().getattr(intern!(py, "f_lasti"))?;
        let class = attribute.get_type();
        // SAFETY: the slot of a class is either not there or a function of just this type.
        let get = unsafe {
            let slot = ffi::PyType_GetSlot(class.as_type_ptr(), ffi::Py_tp_descr_get);
            std::mem::transmute::<*mut c_void, Option<ffi::descrgetfunc>>(slot)
        };
        let get = get.ok_or_else(|| PyTypeError::new_err("f_lasti is no attribute of frames"))?;
        PyResult::Ok((attribute.unbind(), get))
    })?;
    // SAFETY: called attached, with the attribute whose class has this slot, and an object that it is an attribute of, which
    // it checks itself; it gives a new reference or sets an error.
    unsafe {
        let class = frame.get_type_ptr().cast();
        Bound::from_owned_ptr_or_err(py, get(attribute.as_ptr(), frame.as_ptr(), class))
    }
}

/// How many references there are to an object; of one that lives for ever, a very large number.
pub(crate) fn references(object: &Bound<'_, PyAny>) -> usize {
    // SAFETY: called attached, with an object that this reference keeps alive; the count is only read.
    let count = unsafe { ffi::Py_REFCNT(object.as_ptr()) };
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The memory of an object that exports a buffer, read without the interpreter lock while the object is held alive
/// and kept from being resized.
///
/// Whoever changes the content while it is being sent sends a mix of old and new. So it is sent from where it is only
/// where its giver waits for that, and keeps other threads from changing it (as with `socket.send`, `file.write`), or
/// where nobody can change it.
pub(crate) struct Exported {
    /// A `memoryview` rather than PyO3's buffer: dropped without the interpreter lock, its release waits for the next
    /// thread that is attached instead of taking the lock in the middle of input and output.
    view: Py<PyMemoryView>,
    start: *const u8,
    length: usize,
    /// Whether the object's own content may change.
    writable: bool,
}

impl Exported {
    /// The memory of `object`.
    ///
    /// # Errors
    /// A Python error where it exports none, or none in one piece.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let view = PyMemoryView::from(object)?;
        let buffer = PyUntypedBuffer::get(&view)?;
        if !buffer.is_c_contiguous() && !buffer.is_fortran_contiguous() {
            return Err(PyBufferError::new_err("memory is not in one piece"));
        }
        Ok(Self {
            start: buffer.buf_ptr().cast_const().cast(),
            length: buffer.len_bytes(),
            writable: !buffer.readonly(),
            view: view.unbind(),
        })
    }

    /// Whether the object's own content may change.
    pub(crate) fn writable(&self) -> bool {
        self.writable
    }

    /// The object that the memory is of, as a `memoryview`.
    pub(crate) fn view<'py>(&self, py: Python<'py>) -> &Bound<'py, PyMemoryView> {
        self.view.bind(py)
    }

    /// The memory as it is now, to be sent without this object. Called with the interpreter lock held, so that no other
    /// thread changes it meanwhile.
    pub(crate) fn copied(&self) -> PyResult<SharedBytes> {
        let mut copy = Vec::new();
        copy.try_reserve_exact(self.length)
            .map_err(|_| PyMemoryError::new_err(format!("no memory for {} bytes", self.length)))?;
        if self.length >= HUGE_FROM {
            ask_for_huge_pages(NonNull::from(copy.spare_capacity_mut()).cast(), self.length);
        }
        copy.extend_from_slice(self.as_ref());
        Ok(Arc::new(copy))
    }
}

// SAFETY: the memory stays where it is, and allocated, until the view is released; the view is only ever dropped,
// which PyO3 allows on any thread. Reading is plain loads of bytes.
unsafe impl Send for Exported {}
// SAFETY: as for `Send`; there is no method that changes anything.
unsafe impl Sync for Exported {}

impl AsRef<[u8]> for Exported {
    fn as_ref(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: the exporter promises `length` bytes in one piece at `start` until the view is released, which is
        // not before `self` is dropped; `length` is not 0, so `start` is not null.
        unsafe { std::slice::from_raw_parts(self.start, self.length) }
    }
}

impl fmt::Debug for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exported({} bytes)", self.length)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use pyo3::types::PyDict;

    use super::*;
    use crate::hooks;

    #[test]
    fn memory_allocated_and_filled_off_the_lock_becomes_the_object() {
        Python::attach(|py| {
            for (kind, name) in [
                (BlobKind::Fixed, "bytes"),
                (BlobKind::Writable, "bytearray"),
            ] {
                for length in [0, 1, 100_000] {
                    let landing = py.detach(|| {
                        let mut landing = PythonAllocator.allocate(kind, length).expect("memory");
                        landing.bytes_mut().fill(b'x');
                        assert_eq!(landing.bytes().len(), length);
                        landing.into_any()
                    });
                    let landing = landing.downcast::<PythonLanding>().expect("ours");
                    let object = match landing.into_object() {
                        Landed::Bytes(object) => object.into_any(),
                        Landed::ByteArray(object) => object.into_any(),
                    };
                    let object = object.bind(py);
                    assert_eq!(object.get_type().name().expect("named"), name);
                    assert!(
                        object
                            .eq(vec![b'x'; length].as_slice())
                            .expect("comparable")
                    );
                }
            }
        });
    }

    #[test]
    fn memory_for_a_house_keeper_does_not_wait_for_the_lock() {
        Python::attach(|py| {
            for (kind, name) in [
                (BlobKind::Fixed, "bytes"),
                (BlobKind::Writable, "bytearray"),
            ] {
                // Joined with the lock held: a thread that wanted it would never come back.
                let fill = move || {
                    let mut landing = PythonAllocator
                        .allocate_at_once(kind, 1000)
                        .expect("memory");
                    landing.bytes_mut().fill(b'x');
                    landing.into_any()
                };
                let landing = thread::spawn(fill).join().expect("it does not panic");
                let landing = landing.downcast::<PlainLanding>().expect("ours");
                let object = landing.into_object(py);
                assert_eq!(object.get_type().name().expect("named"), name);
                assert!(object.eq([b'x'; 1000].as_slice()).expect("comparable"));
            }
        });
    }

    #[test]
    fn memory_that_cannot_be_had_is_an_error() {
        Python::attach(|py| {
            let most = usize::MAX >> 1;
            assert!(PythonLanding::new(py, BlobKind::Fixed, most).is_err());
            assert!(PythonLanding::new(py, BlobKind::Fixed, usize::MAX).is_err());
            assert!(PythonAllocator.allocate(BlobKind::Writable, most).is_err());
        });
    }

    #[test]
    fn exported_memory_cannot_be_resized_until_it_is_dropped_on_any_thread() {
        Python::attach(|py| {
            let object = PyByteArray::new(py, b"content");
            let exported = Arc::new(Exported::of(&object).expect("it exports"));
            assert!(exported.writable());
            assert!(object.resize(100_000).is_err());
            py.detach(|| {
                let sent = thread::spawn(move || (*exported).as_ref().to_vec());
                assert_eq!(sent.join().expect("it does not panic"), b"content");
            });
            // The release waits for the next thread that attaches.
            Python::attach(|_| object.resize(3).expect("nobody holds it"));
        });
    }

    #[test]
    fn an_object_dropped_without_the_lock_is_freed() {
        Python::attach(|py| {
            let weakref = hooks::module(py, "weakref");
            let holder = hooks::module(py, "array");
            let object = holder
                .call_method1("array", ("b", [7; 1000]))
                .expect("bytes");
            let alive = weakref
                .call_method1("ref", (&object,))
                .expect("arrays have them");
            let exported = Exported::of(&object).expect("it exports");
            drop(object);
            assert!(!alive.call0().expect("no arguments").is_none());
            let dropping = move || thread::spawn(move || drop(exported)).join();
            py.detach(dropping).expect("it does not panic");
            Python::attach(|_| assert!(alive.call0().expect("no arguments").is_none()));
        });
    }

    #[test]
    fn what_exports_nothing_is_an_error() {
        Python::attach(|py| assert!(Exported::of(&PyDict::new(py)).is_err()));
    }
}
