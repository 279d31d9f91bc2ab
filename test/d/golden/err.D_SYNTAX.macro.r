dtrace: failed to compile script err.D_SYNTAX.macro.d: [D_SYNTAX] line 4: macro argument $1 is neither an integer nor an identifier: 'a-b'
    	trace($1);
    	      ^~
    hint: $$1 stands for its text as a string
