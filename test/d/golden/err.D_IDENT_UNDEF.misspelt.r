dtrace: failed to compile script err.D_IDENT_UNDEF.misspelt.d: [D_IDENT_UNDEF] line 2: failed to resolve execnam: no variable has this name
    /execnam == "sh"/
     ^~~~~~~
    hint: did you mean execname?
