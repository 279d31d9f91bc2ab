dtrace: failed to compile script err.D_ARR_BADREF.pointer.d: [D_ARR_BADREF] line 4: variable p is no associative array and takes one index, not 2
    	trace(this->p[1, 2]);
    	      ^~~~~~~~~~~~~
