// Net may say what the others may not, but not everything.
#include <sys/socket.h>

#include <sonda/probe/ping.hpp>

unsigned short port() { return htons(7); }
using namespace std;
