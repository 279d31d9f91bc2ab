dtrace: failed to compile script err.D_IDENT_BADREF.args.d: [D_IDENT_BADREF] line 3: args[ ] is used without an index
    	trace(args);
    	      ^~~~
    hint: name one argument, as in args[0]
