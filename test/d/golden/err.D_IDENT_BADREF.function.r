dtrace: failed to compile script err.D_IDENT_BADREF.function.d: [D_IDENT_BADREF] line 3: trace is the name of an action, not of a variable
    	trace = 1;
    	^~~~~
    hint: did you mean trace( )?
