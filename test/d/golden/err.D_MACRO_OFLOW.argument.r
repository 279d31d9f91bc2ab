dtrace: failed to compile script err.D_MACRO_OFLOW.argument.d: [D_MACRO_OFLOW] line 4: macro argument $1 does not fit 64 bits: '99999999999999999999'
    	trace($1);
    	      ^~
