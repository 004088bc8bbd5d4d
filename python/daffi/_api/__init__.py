"""What users decorate, call and pass: decorators, modifiers, policies, and the handles that calls give."""
