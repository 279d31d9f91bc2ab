dtrace: failed to compile script err.D_MACRO_UNDEF.target.d: [D_MACRO_UNDEF] line 3: undefined macro variable: $target
    	trace($target);
    	      ^~~~~~~
    hint: $target needs a command to run (-c) or a process (-p)
