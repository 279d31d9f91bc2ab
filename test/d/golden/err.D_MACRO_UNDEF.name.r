dtrace: failed to compile script err.D_MACRO_UNDEF.name.d: [D_MACRO_UNDEF] line 3: undefined macro variable: $foo
    	trace($foo);
    	      ^~~~
