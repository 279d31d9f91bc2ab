dtrace: failed to compile script err.D_VAR_UNDEF.compound.d: [D_VAR_UNDEF] line 3: x is neither declared nor assigned before this
    	x += 1;
    	^
