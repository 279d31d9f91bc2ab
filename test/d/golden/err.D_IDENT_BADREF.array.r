dtrace: failed to compile script err.D_IDENT_BADREF.array.d: [D_IDENT_BADREF] line 4: associative array a is used without keys
    	trace(a);
    	      ^
    hint: name an element: the array with its keys in brackets
