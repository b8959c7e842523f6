// In a folder that is no layer.
#pragma once
