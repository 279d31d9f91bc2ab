dtrace: failed to compile script err.D_MACRO_OFLOW.argument.d: [D_MACRO_OFLOW] line 4: macro argument $1 is no integer: constant 99999999999999999999 results in integer overflow
    	trace($1);
    	      ^~
    hint: $$1 stands for its text as a string
