// What `sonda lab` can do, one function each. Each gets its own name as argv[0].
#pragma once

namespace sonda::tools::lab {

int run(int argc, char** argv);    // any program in a lab that ends with it
int start(int argc, char** argv);  // a lab that stays
int exec(int argc, char** argv);   // a program in a lab that stays
int shell(int argc, char** argv);
int set(int argc, char** argv);  // changes a lab while it runs
int trace(int argc, char** argv);
int list(int argc, char** argv);
int stop(int argc, char** argv);
int check(int argc, char** argv);  // a topology file
int show(int argc, char** argv);
int menu(int argc, char** argv);

}  // namespace sonda::tools::lab
