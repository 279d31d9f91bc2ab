dtrace: failed to compile script err.D_SYNTAX.macro.d: [D_SYNTAX] line 4: macro argument $1 is neither an integer, an identifier nor a string in quotes: 'a-b'
    	trace($1);
    	      ^~
    hint: $$1 stands for its text as a string
