# sonda_install_programs(TARGETS): installed programs find libsonda.so by an absolute path, whatever
# prefix the installation is given. A program with file capabilities ignores $ORIGIN and
# LD_LIBRARY_PATH.
function(sonda_install_programs)
  set(configured "${CMAKE_INSTALL_FULL_LIBDIR}")
  # Room in the program for another prefix than the configured one.
  string(REPEAT "/" 200 room)
  set_target_properties(${ARGN} PROPERTIES INSTALL_RPATH "${configured}" BUILD_RPATH "${room}")
  install(TARGETS ${ARGN} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

  cmake_path(IS_ABSOLUTE CMAKE_INSTALL_LIBDIR fixed)
  if(fixed)
    return()
  endif()
  foreach(program IN LISTS ARGN)
    install(CODE "
      set(libraries \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}\")
      if(NOT libraries STREQUAL \"${configured}\")
        file(RPATH_CHANGE
          FILE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/$<TARGET_FILE_NAME:${program}>\"
          OLD_RPATH \"${configured}\" NEW_RPATH \"\${libraries}\")
      endif()")
  endforeach()
endfunction()
