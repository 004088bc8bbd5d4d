//! Places that a rule does not hold for yet: each has its reason, and goes when it is no longer needed.

use super::Finding;

/// Takes away what was found below the paths of `list`; an entry below which nothing was found is itself a finding, in the
/// file `list_in`.
pub(super) fn apply(mut found: Vec<Finding>, list: &[(&str, &str)], list_in: &str) -> Vec<Finding> {
    for (path, _) in list {
        let before = found.len();
        found.retain(|finding| !finding.path.starts_with(path));
        if found.len() == before {
            let message =
                format!("the rule holds here; hint: take it off the list of exemptions: {path}");
            found.push(Finding::new(list_in, 1, message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exemption_covers_what_is_below_it_and_does_not_outlive_its_reason() {
        let found = || vec![Finding::new("a/b.rs", 1, "x"), Finding::new("c.rs", 1, "x")];
        let left = apply(found(), &[("a/", "not cut yet")], "list.rs");
        assert_eq!(left, [Finding::new("c.rs", 1, "x")]);
        let left = apply(found(), &[("d/", "not cut yet")], "list.rs");
        assert_eq!((left.len(), left[2].path.as_str()), (3, "list.rs"));
        assert!(left[2].message.ends_with("d/"));
    }
}
