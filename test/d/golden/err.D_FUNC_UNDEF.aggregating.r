dtrace: failed to compile script err.D_FUNC_UNDEF.aggregating.d: [D_FUNC_UNDEF] line 3: undefined function: cuont( )
    	@a = cuont();
    	     ^~~~~~~
    hint: did you mean count( )?
