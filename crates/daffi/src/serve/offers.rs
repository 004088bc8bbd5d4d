//! The callbacks of this process, by the number that requests name and by the name that people use.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use daffi_proto::{CallbackInfo, CallbackNumber, Name};
use parking_lot::RwLock;
use rustc_hash::FxHashSet;

use crate::error::RegisterError;
use crate::serve::callback::{Callback, Definition};
use crate::serve::gates::Gates;
use crate::serve::gates::gate::Gate;

pub(crate) struct Offers {
    most: usize,
    gates: Arc<Gates>,
    table: RwLock<Table>,
}

/// What runs requests to a callback of this process.
#[derive(Clone)]
pub(crate) struct Offered {
    pub(crate) run: Arc<dyn Callback>,
    /// Where so many may run at once.
    pub(crate) gate: Option<Arc<Gate>>,
}

#[derive(Default)]
struct Table {
    /// A callback's number is its place.
    callbacks: Vec<Offered>,
    infos: Vec<CallbackInfo>,
    names: FxHashSet<Name>,
}

impl Offers {
    pub(crate) fn new(most: usize, gates: Arc<Gates>) -> Self {
        Self {
            most,
            gates,
            table: RwLock::default(),
        }
    }

    /// Adds a callback. `tell` says it to others: under the lock, so that they hear of changes in the order in which these
    /// are made; it must not wait.
    pub(crate) fn add(
        &self,
        definition: Definition,
        tell: impl FnOnce(CallbackInfo),
    ) -> Result<CallbackNumber, RegisterError> {
        let mut table = self.table.write();
        if table.names.contains(&definition.name) {
            return Err(RegisterError::Duplicate(definition.name));
        }
        let info = self.append(&mut table, definition)?;
        let number = info.number;
        tell(info);
        Ok(number)
    }

    /// Puts each callback in the place of the one of its name, under the same number; new ones are added. All fit, or none
    /// is taken. `tell` is as for [`Self::add`], with what others would notice.
    pub(crate) fn replace(
        &self,
        definitions: Vec<Definition>,
        tell: impl FnOnce(Vec<CallbackInfo>),
    ) -> Result<Vec<CallbackNumber>, RegisterError> {
        let mut table = self.table.write();
        let new: FxHashSet<_> = definitions
            .iter()
            .map(|definition| &definition.name)
            .filter(|name| !table.names.contains(*name))
            .collect();
        if table.callbacks.len() + new.len() > self.most {
            return Err(RegisterError::TooMany(self.most));
        }
        let (mut numbers, mut told, mut before) = (Vec::new(), Vec::new(), Vec::new());
        for definition in definitions {
            let place = table.place_of(&definition.name);
            let (number, info) = match place {
                Some(place) => {
                    let (info, replaced) = self.put(&mut table, place, definition);
                    before.push(replaced);
                    (table.infos[place].number, info)
                }
                None => {
                    let info = self.append(&mut table, definition)?;
                    (info.number, Some(info))
                }
            };
            numbers.push(number);
            told.extend(info);
        }
        if !told.is_empty() {
            tell(told);
        }
        drop(table);
        // Without the lock: the destructor of a callback may run anything.
        drop(before);
        Ok(numbers)
    }

    fn append(
        &self,
        table: &mut Table,
        definition: Definition,
    ) -> Result<CallbackInfo, RegisterError> {
        let Definition {
            name,
            signature,
            run,
            at_once,
        } = definition;
        let number = table.callbacks.len();
        let number = match u32::try_from(number) {
            Ok(fits) if number < self.most => CallbackNumber(fits),
            _ => return Err(RegisterError::TooMany(self.most)),
        };
        let gate = self.gate(&name, at_once);
        table.names.insert(name.clone());
        let info = CallbackInfo {
            number,
            name,
            signature: Arc::new(signature),
        };
        table.callbacks.push(Offered { run, gate });
        table.infos.push(info.clone());
        Ok(info)
    }

    /// Puts a callback in this place: what others are to be told, if they would notice, and what was there.
    fn put(
        &self,
        table: &mut Table,
        place: usize,
        definition: Definition,
    ) -> (Option<CallbackInfo>, Offered) {
        let (info, callback) = (&mut table.infos[place], &mut table.callbacks[place]);
        // Its calls that run count on where the bound is the same.
        let bound = callback.gate.as_ref().map(|gate| gate.at_once());
        let gate = if bound == definition.at_once {
            callback.gate.clone()
        } else {
            self.gate(&definition.name, definition.at_once)
        };
        let run = definition.run;
        let before = std::mem::replace(callback, Offered { run, gate });
        let noticed = *info.signature != definition.signature;
        if noticed {
            info.signature = Arc::new(definition.signature);
        }
        (noticed.then(|| info.clone()), before)
    }

    fn gate(&self, name: &Name, at_once: Option<NonZeroUsize>) -> Option<Arc<Gate>> {
        let what = format!("calls of '{name}'");
        at_once.map(|at_once| self.gates.gate(what, at_once))
    }

    pub(crate) fn get(&self, number: CallbackNumber) -> Option<Offered> {
        let place = usize::try_from(number.0).ok()?;
        self.table.read().callbacks.get(place).cloned()
    }

    /// What people know a callback by.
    pub(crate) fn name(&self, number: CallbackNumber) -> Option<Name> {
        let place = usize::try_from(number.0).ok()?;
        let table = self.table.read();
        table.infos.get(place).map(|info| info.name.clone())
    }

    /// Lets go of all callbacks: what they hold may hold this process in turn.
    pub(crate) fn clear(&self) {
        let table = std::mem::take(&mut *self.table.write());
        drop(table);
    }

    /// All of them, in order of registration.
    pub(crate) fn infos(&self) -> Vec<CallbackInfo> {
        self.table.read().infos.clone()
    }
}

impl Table {
    fn place_of(&self, name: &Name) -> Option<usize> {
        if !self.names.contains(name) {
            return None;
        }
        self.infos.iter().position(|info| info.name == *name)
    }
}

impl fmt::Debug for Offers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.table.read().names).finish()
    }
}

#[cfg(test)]
mod tests {
    use daffi_proto::{Limits, Signature};

    use super::*;
    use crate::serve::callback::Invocation;

    fn offers(most: usize) -> Offers {
        Offers::new(most, Gates::new(&Limits::default()))
    }

    fn definition(name: &str, text: &str) -> Definition {
        Definition {
            name: Name::new(name).expect("a name"),
            signature: Signature::new(Vec::new(), text),
            run: Arc::new(|_: Invocation| {}),
            at_once: None,
        }
    }

    #[test]
    fn others_are_told_of_changes_in_the_order_in_which_they_are_made() {
        // Told after the lock, two threads that replaced one callback could be heard in the other order: its callers
        // went by the signature that it no longer had.
        let offers = offers(9);
        let mut told = Vec::new();
        let is_locked = || offers.table.try_read().is_none();
        let added = offers.add(definition("a", "()"), |info| {
            told.push((is_locked(), info.name));
        });
        added.expect("there is room");
        let replaced = offers.replace(
            vec![definition("a", "(x)"), definition("b", "()")],
            |infos| told.extend(infos.into_iter().map(|info| (is_locked(), info.name))),
        );
        assert_eq!(
            replaced.expect("there is room"),
            [CallbackNumber(0), CallbackNumber(1)]
        );
        let told: Vec<_> = told
            .iter()
            .map(|(is_locked, name)| (*is_locked, name.as_str()))
            .collect();
        assert_eq!(told, [(true, "a"), (true, "a"), (true, "b")]);
    }

    #[test]
    fn of_many_that_do_not_fit_none_is_taken() {
        let offers = offers(2);
        let added = offers.add(definition("a", "()"), |_| {});
        added.expect("there is room");
        let many = vec![
            definition("a", "(x)"),
            definition("b", "()"),
            definition("c", "()"),
        ];
        let refused = offers.replace(many, |_| panic!("nothing has changed"));
        assert!(matches!(refused, Err(RegisterError::TooMany(2))));
        assert_eq!(offers.infos()[0].signature.text(), "()");
        assert_eq!(offers.infos().len(), 1);
        // One that is defined twice is one.
        let twice = vec![definition("b", "()"), definition("b", "(x)")];
        let taken = offers.replace(twice, |_| {});
        assert_eq!(
            taken.expect("there is room"),
            [CallbackNumber(1), CallbackNumber(1)]
        );
    }
}
