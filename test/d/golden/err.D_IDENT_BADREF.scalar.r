dtrace: failed to compile script err.D_IDENT_BADREF.scalar.d: [D_IDENT_BADREF] line 4: scalar x cannot have keys
    	trace(x[1]);
    	      ^
