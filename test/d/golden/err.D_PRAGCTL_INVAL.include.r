dtrace: failed to compile script err.D_PRAGCTL_INVAL.include.d: [D_PRAGCTL_INVAL] line 1: invalid control directive: #include
    #include <sys/types.h>
    ^~~~~~~~~~~~~~~~~~~~~~
    hint: run the script through cpp first: cpp -x c -undef FILE | dtrace -s /dev/stdin
