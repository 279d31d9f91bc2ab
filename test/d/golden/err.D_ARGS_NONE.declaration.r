dtrace: failed to compile script err.D_ARGS_NONE.declaration.d: [D_ARGS_NONE] line 1: args[ ] belongs to a probe: it has no meaning here
    int x[char [args[0]]];
                ^~~~~~~
